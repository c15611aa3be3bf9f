#pragma once

#include <stddef.h>

// Memory for exceptions where malloc has none; NULL where this has none either. From any thread and library.
void * vaner_take_spare_memory(size_t size);

// Whether it was of this memory.
int vaner_return_spare_memory(void * memory);
