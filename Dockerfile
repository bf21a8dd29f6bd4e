# Sunsift for machines of your own. docs/operations.md says how to run it.
#     docker build -t sunsift .
FROM python:3.13-slim AS build
WORKDIR /build
# An environment without pip: nothing installs anything in what runs.
RUN python -m venv --without-pip /opt/sunsift
COPY constraints/ constraints/
RUN python -m pip install --no-cache-dir -c constraints/constraints.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
# The wheel of Sunsift is built by the pinned backend; everything else comes as a wheel, for no compiler is here.
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir wheels . \
    && python -m pip --python /opt/sunsift/bin/python install --no-cache-dir --only-binary :all: \
        -c constraints/constraints.txt --find-links wheels "sunsift[server,web]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Sunsift" \
      org.opencontainers.image.description="Finds poorly performing rooftop solar systems from nothing but net meter data" \
      org.opencontainers.image.licenses="Apache-2.0"
# By number, so that Kubernetes can see that it is not root.
RUN mkdir /var/lib/sunsift && chown 10001:10001 /var/lib/sunsift
COPY --from=build /opt/sunsift /opt/sunsift
# Whatever is secret comes at the start, never from here.
ENV PATH=/opt/sunsift/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SUNSIFT_DATA=/var/lib/sunsift \
    SUNSIFT_LOG_FORMAT=json \
    SUNSIFT_METRICS=0.0.0.0:9464 \
    SUNSIFT_SERVE=0.0.0.0:8321
USER 10001:10001
WORKDIR /var/lib/sunsift
# Nothing else is written: the rest may be mounted read-only.
VOLUME /var/lib/sunsift
EXPOSE 8321 9464
# That it is up, and not that all its servers are: those it waits for.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9464/metrics', timeout=4)"]
ENTRYPOINT ["sunsift"]
CMD ["run"]
