# How dlib is compiled, where neither its setup.py nor a compiler's flag can say it. CMake reads this before dlib's own
# files, as its toolchain (CMAKE_TOOLCHAIN_FILE), so that dlib's sources stay as published.

# Minutes of linking, and slower for it.
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION OFF)

# -march alone says what the wheel may use: dlib would add what the machine that compiles has.
set(SSE4_IS_AVAILABLE_ON_HOST 0)
set(AVX_IS_AVAILABLE_ON_HOST 0)

# Of other libraries the wheel needs OpenBLAS and no more, whatever else is installed here. Reading and writing PNG and
# JPEG can't be left out; dlib then takes its own copies.
set(CMAKE_DISABLE_FIND_PACKAGE_PNG ON)
set(CMAKE_DISABLE_FIND_PACKAGE_JPEG ON)
set(DLIB_NO_GUI_SUPPORT ON CACHE BOOL "")
set(DLIB_USE_CUDA OFF CACHE BOOL "")
set(DLIB_USE_MKL_FFT OFF CACHE BOOL "")
set(DLIB_GIF_SUPPORT OFF CACHE BOOL "")
set(DLIB_WEBP_SUPPORT OFF CACHE BOOL "")
set(DLIB_JXL_SUPPORT OFF CACHE BOOL "")
set(DLIB_LINK_WITH_SQLITE3 OFF CACHE BOOL "")
