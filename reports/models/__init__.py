from reports.models.bulletins import Bulletin, BulletinFile, BulletinStatus, FileFormat
from reports.models.renderings import Rendering, RenderingState

__all__ = ["Bulletin", "BulletinFile", "BulletinStatus", "FileFormat", "Rendering", "RenderingState"]
