/** Deployments on the running job: requests, their judgement, and from when what is in force. */
@NullMarked
package io.vigil.job.control;

import org.jspecify.annotations.NullMarked;
