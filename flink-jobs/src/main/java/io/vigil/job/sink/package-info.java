/** What leaves the job: finished records, Kafka sinks, and the archive's files. */
@NullMarked
package io.vigil.job.sink;

import org.jspecify.annotations.NullMarked;
