"""Rule for passwords beside Django's own: two kinds of characters at least."""

from django.core.exceptions import ValidationError


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
