/** What the job tells Flink's metric reporters. */
@NullMarked
package io.vigil.job.metrics;

import org.jspecify.annotations.NullMarked;
