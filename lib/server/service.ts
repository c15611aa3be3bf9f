import type { Admission } from "./admission.js";
import type { KnownLimits } from "./limits.js";
import type { Metrics } from "./metrics.js";
import type { Models } from "./models.js";
import type { Tokens } from "./tokens.js";

/** What the routes work with. */
export interface Service {
  readonly models: Models;
  readonly limits: KnownLimits;
  readonly admission: Admission;
  readonly metrics: Metrics;
  /** Undefined: everybody may ask. */
  readonly tokens?: Tokens | undefined;
}
