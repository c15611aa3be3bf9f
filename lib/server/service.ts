import type { Admission } from "./admission.js";
import type { KnownLimits } from "./limits.js";
import type { Models } from "./models.js";

/** What the routes work with. */
export interface Service {
  readonly models: Models;
  readonly limits: KnownLimits;
  readonly admission: Admission;
}
