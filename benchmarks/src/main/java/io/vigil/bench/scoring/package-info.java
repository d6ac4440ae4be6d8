/** What a score costs: batches, records one at a time, and DJL's own batching. */
@NullMarked
package io.vigil.bench.scoring;

import org.jspecify.annotations.NullMarked;
