/** What the order of the console's queue saves, and what its groups are worth. */
@NullMarked
package io.vigil.bench.queue;

import org.jspecify.annotations.NullMarked;
