/**
 * The scoring service of the local stack: what a decision would have been had something differed.
 */
@NullMarked
package io.vigil.cli.whatif;

import org.jspecify.annotations.NullMarked;
