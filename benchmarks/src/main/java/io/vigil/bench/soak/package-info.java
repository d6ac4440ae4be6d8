/** Whether the real local stack stays as it is when it runs for hours at a constant rate. */
@NullMarked
package io.vigil.bench.soak;

import org.jspecify.annotations.NullMarked;
