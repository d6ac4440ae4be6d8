/** Point-in-time features over a stream in memory, and histories to learn from. */
@NullMarked
package io.vigil.cli.train;

import org.jspecify.annotations.NullMarked;
