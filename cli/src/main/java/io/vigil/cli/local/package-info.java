/** The local stack: the real broker and the real job, each in a process of its own. */
@NullMarked
package io.vigil.cli.local;

import org.jspecify.annotations.NullMarked;
