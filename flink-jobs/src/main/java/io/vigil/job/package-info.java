/** The decision job: options, artefacts, topology, and the main classes that wire it. */
@NullMarked
package io.vigil.job;

import org.jspecify.annotations.NullMarked;
