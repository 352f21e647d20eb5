"""hashlib can be imported; hashing is not part of the unit language."""


def _refused(name):
    def refuse(*args, **keywords):
        raise NotImplementedError(f"hashlib.{name}: hashing is not part of the unit language")
    return refuse


algorithms_guaranteed = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_224", "sha3_256",
                         "sha3_384", "sha3_512", "shake_128", "shake_256"}
algorithms_available = set(algorithms_guaranteed)
(md5, sha1, sha224, sha256, sha384, sha512, blake2b, blake2s, sha3_224, sha3_256, sha3_384, sha3_512, shake_128, shake_256, new,
 file_digest, pbkdf2_hmac, scrypt) = map(_refused, (
    "md5 sha1 sha224 sha256 sha384 sha512 blake2b blake2s sha3_224 sha3_256 sha3_384 sha3_512 shake_128 shake_256 new file_digest "
    "pbkdf2_hmac scrypt").split())
