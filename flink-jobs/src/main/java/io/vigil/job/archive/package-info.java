/** The archive as it is read: folders by kind and day, on any Flink file system. */
@NullMarked
package io.vigil.job.archive;

import org.jspecify.annotations.NullMarked;
