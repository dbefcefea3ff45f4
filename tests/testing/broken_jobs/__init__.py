"""Jobs with one fault each, and the checks of the contract that have to find it.

`test_job_contract.py` runs these files as test modules of their own: every check named in them has to fail.
"""
