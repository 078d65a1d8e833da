"""Passwords: a rule beside Django's own, and the random ones that are handed out."""

import secrets

from django.core.exceptions import ValidationError

# Without what people confuse on paper: 0 O o, 1 l I i.
ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# The longest that is taken: nobody types more, and a hash of megabytes costs time.
PASSWORD_MAX = 128


def new_password() -> str:
    """A random password for the first login, some 69 bits: three groups of four, easy to read out and to copy."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


class MixedPasswordValidator:
    """Letters alone or digits alone are refused."""

    def validate(self, password: str, user: object = None) -> None:
        kinds = (
            any(c.islower() for c in password)
            + any(c.isupper() for c in password)
            + any(c.isdigit() for c in password)
            + any(not c.isalnum() for c in password)
        )
        if kinds < 2:
            raise ValidationError(self.get_help_text(), code="password_not_mixed")

    def get_help_text(self) -> str:
        return "口令至少包含大写字母、小写字母、数字、符号中的两类。"
