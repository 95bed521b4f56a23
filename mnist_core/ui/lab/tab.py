"""The Train tab: the laboratory's component and the server functions behind it."""

from __future__ import annotations

from functools import partial

from mnist_core.server.application import Application
from mnist_core.server.payload import Payload
from mnist_core.server.session import Session
from mnist_core.server.setup import controls
from mnist_core.ui.answers import Answer, ServerFunction, serve
from mnist_core.ui.component import component
from mnist_core.ui.drawings import COST
from mnist_core.ui.lab import beside, following, gallery, inside, keeping, naming, views


def lab_tab(application: Application) -> None:
    """Lays out the laboratory; to be called inside its tab."""
    component(
        "lab/lab",
        elem_id="lab",
        server_functions=server_functions(application),
        controls=controls(application.limits),
    )


def server_functions(application: Application) -> list[ServerFunction]:
    """What the page's script calls.

    Starting may wait for a process and models may be large; those at once take a millisecond.
    """
    limits = application.limits
    start = partial(following.start, limits=limits)
    change = partial(following.change, limits=limits)
    seen = partial(views.views, application=application)
    mistakes = partial(views.mistakes, application=application)
    inner = partial(inside.inside, limits=limits)
    answers = partial(gallery.gallery, application=application)
    pictures = partial(gallery.pictures, application=application)
    side_by_side = partial(beside.beside, application=application)
    both_say = partial(beside.both_say, limits=limits)

    def near(session: Session, request: Payload) -> Answer:
        # PyTorch takes a worker seconds and 300 MB: begun when somebody may soon want to train.
        application.pool.warm()
        return {}

    at_once = partial(serve, application.sessions, quick=True)
    threaded = partial(serve, application.sessions)
    return [
        at_once("lab_poll", following.PollRequest, following.poll),
        at_once("lab_order", following.OrderRequest, following.order),
        at_once("lab_set", following.ChangeRequest, change),
        at_once("lab_leave", following.LeaveRequest, following.leave),
        at_once("lab_name", naming.NameRequest, naming.name),
        at_once("lab_delete", naming.DeleteRequest, naming.delete),
        at_once("lab_show", views.MomentRequest, views.show),
        at_once("lab_both_say", beside.DrawnPairRequest, both_say),
        threaded("lab_near", Payload, near),
        threaded("lab_start", following.StartRequest, start),
        threaded("lab_views", views.MomentRequest, seen),
        threaded("lab_mistakes", views.CellRequest, mistakes),
        threaded("lab_inside", inside.InsideRequest, inner, cost=COST),
        threaded("lab_gallery", views.MomentRequest, answers),
        threaded("lab_pictures", gallery.PicturesRequest, pictures),
        threaded("lab_beside", beside.PairRequest, side_by_side),
        threaded("lab_download", keeping.DownloadRequest, keeping.download),
        threaded("lab_upload", keeping.UploadRequest, keeping.upload),
    ]
