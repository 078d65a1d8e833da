"""季度填报表 as a person fills it in: downloaded, changed with openpyxl, put together as bytes again."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.content import filing_book
from tasks.filingbook.layout import BY_KEY, HEAD_ROW, SHEET, column_of
from tasks.models import FilingUpload, ReportingPeriod
from tasks.services.filing_uploads import start_upload
from units.models import Unit, User
from xigang_eco.sheets import CONTENT_TYPE

NAME = "2024年第一季度区发改局填报表.xlsx"


class Book:
    """A downloaded workbook in a person's hands. Cells by measure number and key of the column."""

    def __init__(self, data: bytes) -> None:
        self.workbook = load_workbook(BytesIO(data))
        self.sheet: Worksheet = self.workbook[SHEET]

    @property
    def columns(self) -> dict[str, int]:
        """Key of a column → its number from 1, as it stands now."""
        found = {}
        for cell in self.sheet[self.head]:
            column = column_of(str(cell.value or ""))
            if column:
                found[column.key] = cell.column
        return found

    @property
    def head(self) -> int:
        for row in range(1, self.sheet.max_row + 1):
            if any(str(cell.value or "").startswith("xigang-filings/") for cell in self.sheet[row]):
                return row
        return HEAD_ROW

    def row(self, number: int) -> int:
        place = self.columns["number"]
        for row in range(self.head + 1, self.sheet.max_row + 1):
            if self.sheet.cell(row, place).value == number:
                return row
        raise LookupError(number)

    def cell(self, number: int, key: str) -> Any:
        return self.sheet.cell(self.row(number), self.columns[key])

    def put(self, number: int, **values: Any) -> "Book":
        """Type into cells of a measure's row, by keys."""
        for key, value in values.items():
            assert key in BY_KEY
            self.cell(number, key).value = value
        return self

    def save(self) -> bytes:
        stream = BytesIO()
        self.workbook.save(stream)
        return stream.getvalue()


def downloaded(user: User, period: ReportingPeriod, unit: Unit) -> Book:
    """What `user` downloads for the unit."""
    book = filing_book(period, unit, user, timezone.now())
    assert book is not None
    return Book(filing_book_xlsx(book))


def uploaded(
    user: User, period: ReportingPeriod, unit: Unit, book: Book | bytes, name: str = NAME
) -> FilingUpload:
    """The workbook, uploaded by the service."""
    data = book if isinstance(book, bytes) else book.save()
    return start_upload(actor=user, period=period, unit=unit, data=data, name=name)


def post_book(client: Client, period: ReportingPeriod, unit: Unit, data: bytes, name: str = NAME) -> Any:
    """The workbook, sent as the page's form does; the answer, not followed."""
    url = f"/{period.plan.code}/q{period.quarter}/units/{unit.code}/filing/upload/"
    return client.post(url, {"file": SimpleUploadedFile(name, data, CONTENT_TYPE)})
