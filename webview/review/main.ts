/** Entry of the Review panel's page. */
import '../ui/language.ts';
import '../ui/theme.css';
import '../ui/toolkit.ts';
import './shell/review-app.ts';

document.body.append(document.createElement('review-app'));
