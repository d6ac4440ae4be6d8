/** Point-in-time features over a stream in memory, and the bundle that comes with Vigil. */
@NullMarked
package io.vigil.cli.train;

import org.jspecify.annotations.NullMarked;
