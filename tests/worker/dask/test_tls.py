"""A cluster whose parties know each other by certificates, set up by Dask's own configuration as docs/dask.md says."""

import subprocess
import sys

import dask
import pytest
import trustme

from queuebit.registry import get_backend
from queuebit.worker.__main__ import main

from .cluster import PATIENCE_S, Cluster

_SETTING = "DASK_DISTRIBUTED__COMM__"

PARTIES = ("scheduler", "worker", "client")


class Certificates:
    """A certificate authority and what it has signed, in files."""

    def __init__(self, folder):
        folder.mkdir()
        authority = trustme.CA()
        self.authority = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.authority)
        self.of = {}
        for party in PARTIES:
            self.of[party] = folder / f"{party}.pem"
            authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(self.of[party])

    def settings(self, party=None):
        """The environment of a party; without one, that of somebody who has no certificate."""
        settings = {f"{_SETTING}REQUIRE_ENCRYPTION": "true", f"{_SETTING}TLS__CA_FILE": str(self.authority)}
        if party:
            settings[f"{_SETTING}TLS__{party.upper()}__CERT"] = str(self.of[party])
        return settings


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls") / "certificates")


@pytest.fixture(scope="module")
def tls_cluster(tmp_path_factory, certificates):
    cluster = Cluster(tmp_path_factory.mktemp("tls"), **certificates.settings("scheduler"))
    cluster.start_worker("one", **certificates.settings("worker"))
    yield cluster
    cluster.close()


@pytest.fixture
def start_service(lab, monkeypatch):
    """Starts a service with what it finds in its environment."""
    services = []

    def start(address, settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-m", "queuebit.worker", str(lab.path), "--dask", address]
        services.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True))
        return services[-1]

    yield start
    for service in services:
        service.kill()
        service.communicate()


@pytest.fixture
def refused(start_service):
    """Starts a service that must end with an error, and returns what it says."""

    def start(address, settings):
        service = start_service(address, settings)
        said = service.communicate(timeout=PATIENCE_S)[1]
        assert service.returncode == 1
        assert "Traceback" not in said
        return said

    return start


def test_jobs_over_tls_give_what_direct_runs_give(lab, tls_cluster, certificates, start_service, bell):
    assert tls_cluster.address.startswith("tls://127.0.0.1:")
    options = {"shots": 200, "seed_simulator": 7}
    expected = get_backend().run([bell] * 3, **options).result()
    service = start_service(tls_cluster.address, certificates.settings("client"))
    for job_id in [lab.submit([bell] * 3, options=options) for _ in range(5)]:
        assert [found.data.counts for found in lab.done(job_id)] == [each.data.counts for each in expected.results]
    assert service.poll() is None
    assert "tls://" in tls_cluster.log("one")


class TestRefusals:
    def test_without_a_certificate_the_error_names_the_scheduler_and_the_setting(
        self, tls_cluster, certificates, refused
    ):
        said = refused(tls_cluster.address, certificates.settings())
        assert f"the Dask scheduler at {tls_cluster.address} wants TLS" in said
        assert "set DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT" in said

    def test_without_any_setting_the_error_names_both(self, tls_cluster, refused):
        said = refused(tls_cluster.address, {})
        assert "TLS__CA_FILE and DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT" in said

    def test_a_certificate_that_is_no_file_is_named(self, tls_cluster, certificates, refused, tmp_path):
        setting = f"{_SETTING}TLS__CLIENT__CERT"
        said = refused(tls_cluster.address, {**certificates.settings(), setting: str(tmp_path / "none.pem")})
        assert f"{setting}={tmp_path / 'none.pem'}" in said
        assert tls_cluster.address in said

    def test_of_another_authority_the_error_says_that_both_need_the_same(self, tls_cluster, refused, tmp_path):
        said = refused(tls_cluster.address, Certificates(tmp_path / "others").settings("client"))
        assert f"no connection with the Dask scheduler at {tls_cluster.address}, because of TLS" in said
        assert "signed by the CA" in said

    def test_a_certificate_of_another_authority_is_refused_by_the_scheduler(
        self, tls_cluster, certificates, refused, tmp_path
    ):
        others = Certificates(tmp_path / "others")
        setting = {f"{_SETTING}TLS__CLIENT__CERT": str(others.of["client"])}
        said = refused(tls_cluster.address, {**certificates.settings(), **setting})
        assert f"no connection with the Dask scheduler at {tls_cluster.address}, because of TLS" in said

    def test_an_address_without_tls_is_refused_where_encryption_is_required(self, tls_cluster, certificates, refused):
        address = tls_cluster.address.replace("tls://", "tcp://")
        said = refused(address, certificates.settings("client"))
        assert f"the address {address} is one without TLS" in said

    def test_an_address_without_tls_for_a_scheduler_with_it_leads_to_the_right_one(self, tls_cluster, refused):
        address = tls_cluster.address.replace("tls://", "tcp://")
        said = refused(address, {})
        assert f"no Dask scheduler answers at {address}" in said
        assert "begins with tls://" in said

    def test_a_port_where_nobody_is_is_not_called_a_matter_of_tls(self, certificates, monkeypatch, lab, caplog):
        monkeypatch.setattr("queuebit.worker.executors.dask.link._CONNECT_S", 0.3)
        tls = {"ca-file": str(certificates.authority), "client.cert": str(certificates.of["client"])}
        with dask.config.set({f"distributed.comm.tls.{name}": file for name, file in tls.items()}):
            assert main([str(lab.path), "--dask", "tls://127.0.0.1:1"]) == 1
        assert "no Dask scheduler answers at tls://127.0.0.1:1" in caplog.text
