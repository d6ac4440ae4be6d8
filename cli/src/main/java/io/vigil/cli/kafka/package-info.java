/** How commands reach Kafka brokers. */
@NullMarked
package io.vigil.cli.kafka;

import org.jspecify.annotations.NullMarked;
