/** Decisions made again from an archive, and told to people. */
@NullMarked
package io.vigil.cli.replay;

import org.jspecify.annotations.NullMarked;
