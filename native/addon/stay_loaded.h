#pragma once

// Keeps the addon's code mapped until the process ends. Its threads outlive a worker thread that loads and drops it.
void stay_loaded();
