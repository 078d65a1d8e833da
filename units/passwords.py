"""Passwords: Django's rules in the words that this system uses, one of its own, and the random ones handed out."""

import secrets

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError

from units.models import User

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


class LongPasswordValidator(MinimumLengthValidator):
    def get_error_message(self) -> str:
        return f"口令过短，至少应有 {self.min_length} 个字符。"

    def get_help_text(self) -> str:
        return f"口令至少应有 {self.min_length} 个字符。"


class UncommonPasswordValidator(CommonPasswordValidator):
    def get_error_message(self) -> str:
        return "口令过于常见，容易被猜到，请换一个。"

    def get_help_text(self) -> str:
        return "不能使用常见的口令。"


class DissimilarPasswordValidator(UserAttributeSimilarityValidator):
    """Unlike the user name, and without it. (Names are in Chinese and passwords are not.)

    Django's measure of likeness lets a name written twice pass.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        super().validate(password, user)
        name = user.get_username().lower() if user else ""
        if name and name in password.lower():
            raise ValidationError(self.get_error_message(), code="password_too_similar")

    def get_error_message(self) -> str:
        return "口令与用户名过于相近，请换一个。"

    def get_help_text(self) -> str:
        return "口令不能与用户名相近。"
