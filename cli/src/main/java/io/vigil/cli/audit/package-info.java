/** Verifies the proof of an archive, and packs it for verifiers that share no code with it. */
@NullMarked
package io.vigil.cli.audit;

import org.jspecify.annotations.NullMarked;
