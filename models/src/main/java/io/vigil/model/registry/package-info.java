/** Where artefacts are kept by their digests. */
@NullMarked
package io.vigil.model.registry;

import org.jspecify.annotations.NullMarked;
