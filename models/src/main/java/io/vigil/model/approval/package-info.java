/** Who may put what in force: requests, keys, signatures, and the judgement of them. */
@NullMarked
package io.vigil.model.approval;

import org.jspecify.annotations.NullMarked;
