"""Why a connection does not stand, in words that a plant engineer can act on."""

import ssl
from collections.abc import Iterator

CAUSES_MAX = 8
"""So deep an error is searched for what caused it."""

_EXPIRED = (
    "the other side's certificate has expired; renew it (`lineside-gateway certificates`),"
    " or set this machine's clock right"
)
_NOT_YET = (
    "the other side's certificate is not valid yet; is the clock right on this machine, and on the"
    " one that made the certificate?"
)
_UNKNOWN = (
    "the other side's certificate is not from an authority that is trusted here; let ca_file name"
    " the plant's ca.pem, and check that it is the same authority on both sides"
)
_OTHER_NAME = (
    "the other side's certificate is for another host: {detail}. Connect by a name that is in it,"
    " or issue one for this name with --host"
)
_BY_VERIFY_CODE = {
    9: _NOT_YET,
    10: _EXPIRED,
    18: _UNKNOWN,
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""OpenSSL's X509_V_ERR_* numbers."""

_BY_REASON = {
    "WRONG_VERSION_NUMBER": "the other side does not speak TLS on this port",
    "RECORD_LAYER_FAILURE": "the other side does not speak TLS on this port",
    "UNSUPPORTED_PROTOCOL": "the other side speaks only a version of TLS that is not safe any more",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the other side demands a certificate of ours;"
    " set certificate_file and key_file",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the other side demands a certificate of ours;"
    " set certificate_file and key_file",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the other side says that our certificate has expired;"
    " renew it, and compare the clocks",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the other side does not accept our certificate",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the other side says that our certificate was revoked",
    "TLSV1_ALERT_UNKNOWN_CA": "the other side does not know the authority of our certificate;"
    " have it issued by the plant's own",
    "TLSV1_ALERT_DECRYPT_ERROR": "the other side cannot verify our certificate;"
    " have it issued by the plant's own authority",
}

_BY_MQTT_CODE = {
    "[code:133]": "the broker does not accept our client id",
    "[code:134]": "the broker refuses the user name or the password;"
    " compare them with the broker's password file",
    "[code:135]": "the broker refuses us: unknown user, wrong password, or not allowed here;"
    " compare with the broker's password and ACL files",
    "[code:138]": "the broker has banned this client",
    "[code:4]": "the broker refuses the user name or the password;"
    " compare them with the broker's password file",
    "[code:5]": "the broker refuses us: unknown user, wrong password, or not allowed here;"
    " compare with the broker's password and ACL files",
}
"""How aiomqtt begins its errors: MQTT 5 reason codes, and the return codes of MQTT 3.1.1."""


def plain_fault(error: BaseException) -> str:
    """What an error of a connection means and what to do; the library's own words where nothing better is known."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            words = _BY_VERIFY_CODE.get(cause.verify_code, "{detail}")
            return words.format(detail=cause.verify_message)
        if isinstance(cause, ssl.SSLError) and cause.reason in _BY_REASON:
            return _BY_REASON[cause.reason]
        for code, words in _BY_MQTT_CODE.items():
            if str(cause).startswith(code):
                return words
    return str(error) or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
