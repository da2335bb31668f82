from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import User
from demonstration.staff import CAST


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the cast, in the demonstration only."""
    if not settings.DEMONSTRATION:
        raise Http404
    names = {part.username for part in CAST}
    person = get_object_or_404(User, username=request.POST.get("username"), username__in=names)
    login(request, person, backend="accounts.backends.StaffBackend")
    wanted = request.POST.get("next", "")
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return redirect(wanted if safe else "home")
