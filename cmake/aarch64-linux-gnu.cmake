# Cross-compiles for arm64 with Debian's g++-aarch64-linux-gnu; programs run in qemu-user. QEMU_CPU chooses the CPU.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static) # no C library of arm64 is needed
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
