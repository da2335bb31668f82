# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build

ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install --requirement requirements.txt
COPY . .
# The settings ask for secrets; nothing made here depends on them.
RUN export SECRET_KEY=build SEAL_KEYS=build \
    && python bin/messages compile \
    && python manage.py collectstatic --noinput


FROM python:3.12-slim

LABEL org.opencontainers.image.title="Tournée" \
      org.opencontainers.image.description="The idea platform of a postal company"
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEDIA_ROOT=/media
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tournee \
    && install --directory --owner=tournee --mode=750 /media
WORKDIR /app
COPY --from=build /venv /venv
# Owned by root: the product cannot change its own code.
COPY --from=build /app /app
USER 10001
VOLUME /media
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["python", "bin/healthcheck"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", \
     "--config", "python:config.gunicorn", "--worker-class", "gthread", "--threads", "4", "--timeout", "60", "--max-requests", "10000", \
     "--max-requests-jitter", "1000", "--access-logfile", "-"]
