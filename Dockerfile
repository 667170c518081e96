# One image for every role; what it does is the command. Only hashed, pinned packages go in.
FROM python:3.11.15-slim-bookworm AS environment
COPY requirements-runtime.txt /build/
RUN python -m venv /opt/salesloop \
 && /opt/salesloop/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
        -r /build/requirements-runtime.txt

FROM python:3.11.15-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin salesloop \
 && install -d -o salesloop -g salesloop /data
COPY --from=environment /opt/salesloop /opt/salesloop
WORKDIR /app
COPY domain domain
COPY runtime runtime
COPY projections projections
COPY workflows workflows
COPY api api
COPY cli cli
COPY worker.py ./
RUN python -m compileall -q . \
 && printf '#!/bin/sh\nexec python -P -m cli.main "$@"\n' > /opt/salesloop/bin/salesloop \
 && chmod 755 /opt/salesloop/bin/salesloop
ENV PATH=/opt/salesloop/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SALESLOOP_DATA=/data
USER salesloop
VOLUME /data
EXPOSE 8765
CMD ["python", "-m", "cli.main", "api"]
