"""Refuse RSA keys whose modulus can be factored, or that a verifier would not take.

The checks are those of cosign's import (sigstore `cryptoutils/goodkey`), with the primes at hand:
they must be of equal length, which stands for the search for small factors.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa

IMPORTED_SIZES = (2048, 3072, 4096)
SMALLEST = 2048
LARGEST = 16384  # OpenSSL verifies nothing larger
_LARGEST_EXPONENT = 2**31 - 1  # Go's crypto/rsa verifies nothing larger
_FERMAT_MARGIN = 100  # FIPS 186-4 B.3.3: |p - q| > 2^(size/2 - 100)
_ROCA_PRIMES = (
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89),
    *(97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
)


def public_fault(key: rsa.RSAPublicKey) -> str | None:
    """Say why nobody should verify with `key`: its size or its exponent; None if it is sound."""
    if key.key_size < SMALLEST:
        return f"has only {key.key_size} bits; RSA needs {SMALLEST} or more"
    if key.key_size > LARGEST:
        return f"has {key.key_size} bits; no more than {LARGEST} can be verified"
    exponent = key.public_numbers().e
    if exponent < 3 or exponent % 2 == 0 or exponent > _LARGEST_EXPONENT:
        return "has an exponent that is even, below 3 or above 2^31-1; 65537 is the usual one"
    return None


def import_fault(key: rsa.RSAPrivateKey) -> str | None:
    """Say why `key` should not start a life as a signing key; None if it is sound."""
    numbers = key.private_numbers()
    if key.key_size not in IMPORTED_SIZES:
        sizes = ", ".join(map(str, IMPORTED_SIZES[:-1]))
        return f"has {key.key_size} bits; cosign imports RSA of {sizes} or {IMPORTED_SIZES[-1]}"
    if numbers.public_numbers.e != 65537:
        return "has another public exponent than 65537, the only one that cosign imports"
    half = key.key_size // 2
    if numbers.p.bit_length() != half or numbers.q.bit_length() != half:
        return "has primes of unequal length, so that its modulus may be factored"
    if abs(numbers.p - numbers.q).bit_length() <= half - _FERMAT_MARGIN:
        return "has primes so close to each other that its modulus can be factored (Fermat)"
    if _is_roca(numbers.public_numbers.n):
        return "was made by a chip whose keys can be factored (ROCA, CVE-2017-15361)"
    return None


def _is_roca(modulus: int) -> bool:
    """True if `modulus` is, by every small prime, a power of 65537: the mark of CVE-2017-15361."""
    return all(modulus % prime in _powers(prime) for prime in _ROCA_PRIMES)


def _powers(prime: int) -> set[int]:
    return {pow(65537, exponent, prime) for exponent in range(prime)}
