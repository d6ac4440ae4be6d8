/** Replays a period through champion and candidate in one pass. */
@NullMarked
package io.vigil.cli.plan;

import org.jspecify.annotations.NullMarked;
