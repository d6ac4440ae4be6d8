/** What the archive and its proof cost a job. */
@NullMarked
package io.vigil.bench.proof;

import org.jspecify.annotations.NullMarked;
