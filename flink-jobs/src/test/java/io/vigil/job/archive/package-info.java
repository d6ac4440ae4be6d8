@NullMarked
package io.vigil.job.archive;

import org.jspecify.annotations.NullMarked;
