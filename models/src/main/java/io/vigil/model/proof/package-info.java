/** Proof that a log was not changed: Merkle trees, tree heads and their signed notes. */
@NullMarked
package io.vigil.model.proof;

import org.jspecify.annotations.NullMarked;
