/** How sides are compared: interleaved rounds, process CPU time, medians and spread. */
@NullMarked
package io.vigil.bench.measure;

import org.jspecify.annotations.NullMarked;
