/** Reading what decides: YAML with the line of every error, digests, and what comes with Vigil. */
@NullMarked
package io.vigil.model.artefact;

import org.jspecify.annotations.NullMarked;
