"""Linear covariance prediction of the relative translation, to stand beside what a campaign samples.

One reference flight without dispersions or noise gives the nominal path. About it one covariance of the true
state, of what the filter believes and of every error of the case is propagated through the navigation, the
burns and the closed loop (Geller 2006, J. Guid. Control Dyn. 29(6), 1404; Christensen & Geller 2014, Proc. IMechE
G 228, 44). Dead bands enter as their statistically linearised gains. Page: docs/design/linear_covariance.md.
"""

from hil.campaign.lincov.prediction import Compared as Compared
from hil.campaign.lincov.prediction import Gate as Gate
from hil.campaign.lincov.prediction import compare as compare
from hil.campaign.lincov.prediction import not_predicted as not_predicted
from hil.campaign.lincov.prediction import predict as predict
