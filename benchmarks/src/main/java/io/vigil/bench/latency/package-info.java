/** How long decisions take when transactions come at a constant rate, on the real local stack. */
@NullMarked
package io.vigil.bench.latency;

import org.jspecify.annotations.NullMarked;
