/**
 * Files of transactions become the stream: a mapping says what the columns mean, the reader yields
 * transactions and labels in the order of their times, the publisher appends them to the log.
 */
@NullMarked
package io.vigil.cli.ingest;

import org.jspecify.annotations.NullMarked;
