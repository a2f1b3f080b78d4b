/* heatbath: one energy, five questions. This header is the whole library; docs/ tells the rest. */
#ifndef HEATBATH_HEATBATH_H
#define HEATBATH_HEATBATH_H

#include <heatbath/convert.h>
#include <heatbath/cost.h>
#include <heatbath/data.h>
#include <heatbath/explore.h>
#include <heatbath/ground.h>
#include <heatbath/learn.h>
#include <heatbath/logz.h>
#include <heatbath/machine.h>
#include <heatbath/report.h>
#include <heatbath/sample.h>
#include <heatbath/score.h>
#include <heatbath/version.h>

#endif
