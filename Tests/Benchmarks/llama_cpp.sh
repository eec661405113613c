#!/bin/sh
# Builds llama.cpp's programs from the source archive of llama-cpp-python, for bench.py.
# SPDX-License-Identifier: Apache-2.0
#
#   Tests/Benchmarks/llama_cpp.sh FOLDER [native|avx512|avx2 ...]
# FOLDER/native, FOLDER/avx512 and FOLDER/avx2 lead to the builds, whose own folders have the
# version in their names, so that another version is built anew. PYTHON names the Python whose pip
# fetches the archive, VERSION which one. CMake and Ninja come from PATH, else from that pip.
set -eu

if [ $# -eq 0 ]; then
  sed -n '2,8p' "$0" >&2
  exit 2
fi
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- native avx512 avx2
python=${PYTHON:-python3}
version=${VERSION:-0.3.36}
archive=llama_cpp_python-$version

if [ ! -d "$folder/$archive" ]; then
  rm -rf "$folder/$archive.part"
  mkdir "$folder/$archive.part"
  # Not `:all:`: that would build CMake from its sources too. pip asks the archive for its
  # metadata, which needs its build system but compiles nothing.
  "$python" -m pip download -q --no-deps --no-binary llama-cpp-python -d "$folder" \
    "llama-cpp-python==$version"
  tar -xzf "$folder/$archive.tar.gz" -C "$folder/$archive.part" --strip-components 1
  mv "$folder/$archive.part" "$folder/$archive"
fi
if ! command -v cmake > /dev/null || ! command -v ninja > /dev/null; then
  "$python" -m venv "$folder/builders"
  "$folder/builders/bin/python" -m pip install -q cmake ninja
  PATH=$folder/builders/bin:$PATH
fi
compiler=$(command -v clang || echo cc)

for kind in "$@"; do
  case $kind in
    native) flags=-DGGML_NATIVE=ON ;;
    avx2) flags='-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON' ;;
    # With what every AVX-512 server has, and without bf16 instructions.
    avx512) flags='-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON
      -DGGML_AVX512=ON' ;;
    *) echo "no build called $kind" >&2; exit 2 ;;
  esac
  build=$folder/$kind-$version
  # shellcheck disable=SC2086  # flags are words
  cmake -S "$folder/$archive/vendor/llama.cpp" -B "$build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_CXX_COMPILER="$(command -v clang++ || echo c++)" -DGGML_OPENMP=OFF \
    -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_SERVER=ON -DLLAMA_BUILD_TOOLS=ON $flags > "$build.log"
  ninja -C "$build" llama-batched-bench llama-mtmd-cli llama-server >> "$build.log" || {
    tail -n 20 "$build.log" >&2
    exit 1
  }
  [ -L "$folder/$kind" ] || rm -rf "${folder:?}/$kind"
  ln -sfn "$kind-$version" "$folder/$kind"
done
