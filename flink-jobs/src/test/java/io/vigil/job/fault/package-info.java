/** The whole job as one thread, under schedules of faults that a seed makes. */
@NullMarked
package io.vigil.job.fault;

import org.jspecify.annotations.NullMarked;
