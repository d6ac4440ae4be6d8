/** How the job reaches its brokers. */
@NullMarked
package io.vigil.job.kafka;

import org.jspecify.annotations.NullMarked;
